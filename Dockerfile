# One image for every part: server, workers, migrations, deployment. Built from the locked requirements; runs as nobody special.
FROM python:3.12-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    PREFECT_HOME=/var/lib/dfe-returns/prefect \
    MPLCONFIGDIR=/tmp/matplotlib

RUN groupadd --gid 10001 returns \
    && useradd --uid 10001 --gid returns --home-dir /var/lib/dfe-returns --create-home --shell /usr/sbin/nologin returns \
    && install -d -o returns -g returns -m 0700 /var/lib/dfe-returns/prefect /var/lib/dfe-returns/runs

WORKDIR /app
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY src ./src
COPY schemas ./schemas
COPY sample_extracts ./sample_extracts
COPY flows ./flows
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . && python -m pip check

USER returns
ENTRYPOINT ["python", "-m", "flows.server"]
CMD ["--only", "worker"]
