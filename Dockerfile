# Everything comes from uv.lock; the result runs as a user without rights.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
# First what the lock names, which changes seldom; then our own code.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra oidc --no-install-project
COPY . .
RUN uv sync --frozen --no-dev --extra oidc --no-editable

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 praktijktest
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH PRAKTIJKTEST_DATA=/data
RUN mkdir /data && chown praktijktest /data
VOLUME /data
USER praktijktest
ENTRYPOINT ["praktijktest"]
CMD ["web"]
