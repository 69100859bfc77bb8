# One image for web, workers and beat; docker-compose.yml says which process a container runs.
FROM python:3.13-slim AS packages

# An environment of its own, so that the image proper has neither pip's cache nor a compiler.
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.13-slim

RUN useradd --uid 1000 --no-create-home --shell /usr/sbin/nologin fsdest
WORKDIR /app
COPY --from=packages /venv /venv
COPY manage.py ./
COPY fsdest fsdest
COPY templates templates
COPY static static

# Everything that changes lives in /data and /tmp; the rest is compiled now and may be read-only.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    FSDEST_DATA=/data FSDEST_ENV=production
RUN python -m compileall -q fsdest && mkdir /data && chown fsdest:fsdest /data
USER fsdest
VOLUME /data
EXPOSE 8000

# For a container that runs alone; docker-compose.yml has a check for each of its services.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["python", "-c", "import http.client; web = http.client.HTTPConnection('127.0.0.1:8000', timeout=5); web.request('GET', '/healthz', headers={'X-Forwarded-Proto': 'https', 'Host': 'localhost'}); assert web.getresponse().status < 500"]

# The control socket would be a file in a home that this user does not have.
CMD ["gunicorn", "fsdest.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--timeout", "60", "--graceful-timeout", "30", "--max-requests", "20000", "--max-requests-jitter", "2000", "--worker-tmp-dir", "/tmp", "--no-control-socket", "--logger-class", "fsdest.gunicorn_log.Alike"]
