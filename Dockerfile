# One image for web, workers and beat; docker-compose.yml says which process a container runs.
FROM python:3.13-slim

RUN useradd --uid 1000 --create-home fsdest
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY manage.py ./
COPY fsdest fsdest
COPY templates templates
COPY static static

# Everything that changes lives in /data; the rest may be read-only.
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FSDEST_DATA=/data FSDEST_ENV=production
RUN mkdir /data && chown fsdest:fsdest /data
USER fsdest
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "fsdest.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/tmp", "--logger-class", "fsdest.gunicorn_log.Alike"]
