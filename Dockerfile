# The service in a container: see docs/service.md
FROM python:3.12-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    PYTHONUNBUFFERED=1

# torch first, built for processors: with the rest, pip would take gigabytes of CUDA.
ARG TORCH=torch==2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install "$TORCH" --index-url "$TORCH_INDEX"

COPY pyproject.toml README.md LICENSE NOTICE /build/
COPY src /build/src
RUN pip install "/build[serve]" && useradd --create-home --uid 10001 situate

USER situate
WORKDIR /home/situate
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["situate", "serve", "--host", "0.0.0.0", "--port", "8000"]
