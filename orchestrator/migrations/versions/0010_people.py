"""people, the links that sign them in, and the browsers in which they are"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'person',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(120), nullable=False),
        sa.Column('key', sa.String(120), nullable=False),
        sa.Column('email', sa.String(254), nullable=False),
        sa.Column('roles', sa.JSON(), nullable=False),
        sa.Column('added_at', WHEN, nullable=False),
        sa.Column('revoked_at', WHEN, nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
        sa.UniqueConstraint('key', name=op.f('uq_person_key')),
        sa.UniqueConstraint('email', name=op.f('uq_person_email')),
    )
    op.create_table(
        'sign_in_link',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('hash', sa.String(64), nullable=False),
        sa.Column('expires_at', WHEN, nullable=False),
        sa.Column('used_at', WHEN, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_sign_in_link_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_link')),
        sa.UniqueConstraint('hash', name=op.f('uq_sign_in_link_hash')),
    )
    op.create_index(op.f('ix_sign_in_link_person_id'), 'sign_in_link', ['person_id'])
    op.create_table(
        'web_session',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('hash', sa.String(64), nullable=False),
        sa.Column('created_at', WHEN, nullable=False),
        sa.Column('seen_at', WHEN, nullable=False),
        sa.Column('expires_at', WHEN, nullable=False),
        sa.Column('revoked_at', WHEN, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_web_session_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_web_session')),
        sa.UniqueConstraint('hash', name=op.f('uq_web_session_hash')),
    )
    op.create_index(op.f('ix_web_session_person_id'), 'web_session', ['person_id'])
