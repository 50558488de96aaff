"""Whose office a letter is for, kept on the letter: what an office may bear is asked of its letters by their index.

The pair tells the same by its listing. The column is filled by whoever stores letters; a trigger fills it for a program
of before, which does not know it, and follows a listing that goes to another office.
"""

from sqlalchemy import Connection, text

from orchestrator.tallies import install_triggers

VERSION = 1
_LISTED = "FROM pair JOIN listing ON listing.id = pair.listing_id WHERE pair.id = inquiry.pair_id"
_FILL = f"UPDATE inquiry SET advertiser_id = (SELECT listing.advertiser_id {_LISTED})"  # noqa: S608 - our own names
TRIGGERS = {
    f"office_inquiry_insert_{VERSION}": {
        "table": "inquiry",
        "event": "INSERT",
        "when": "NEW.advertiser_id IS NULL",
        "body": f"{_FILL} WHERE id = NEW.id;",
    },
    f"office_listing_update_{VERSION}": {
        "table": "listing",
        "event": "UPDATE OF advertiser_id",
        "when": "OLD.advertiser_id <> NEW.advertiser_id",
        "body": f"{_FILL} WHERE pair_id IN (SELECT id FROM pair WHERE listing_id = NEW.id);",  # noqa: S608 - as above
    },
}


def install(connection: Connection) -> None:
    """Make the triggers unless they are there; where they had to be made, fill what they did not see."""
    if install_triggers(connection, "office_", TRIGGERS):
        connection.execute(text(f"{_FILL} WHERE advertiser_id IS NULL"))
