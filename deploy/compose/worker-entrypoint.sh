#!/bin/sh
# Takes the first ComfyUI of FLEET_COMFY_URLS (separated by spaces or commas) that has no worker yet and
# becomes its worker, so that `docker compose up --scale worker=4` gives each replica a ComfyUI and a
# name of its own. The lock is a file in a folder that the replicas share; it ends with the process.
# Without FLEET_COMFY_URLS the ComfyUI is that of FLEET_COMFY_URL.
set -eu

locks=${FLEET_WORKER_LOCKS:-/var/lib/fleet/locks}

if [ -n "${FLEET_COMFY_URLS:-}" ]; then
  mkdir -p "$locks"
  taken=
  for url in $(echo "$FLEET_COMFY_URLS" | tr ',' ' '); do
    exec 9>"$locks/$(echo "$url" | tr -c 'A-Za-z0-9.\n' '-')"
    # The descriptor, and with it the lock, stays with the program that this script becomes.
    if flock -n 9; then
      taken=$url
      break
    fi
  done
  if [ -z "$taken" ]; then
    echo "Every ComfyUI of FLEET_COMFY_URLS ($FLEET_COMFY_URLS) has a worker; name more or scale down" >&2
    exit 1
  fi
  export FLEET_COMFY_URL="$taken"
fi

exec "$@"
