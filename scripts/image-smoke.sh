#!/usr/bin/env bash
# The image starts with a read-only root, no rights and a volume, answers, is healthy, and stops when told.
# scripts/image-smoke.sh IMAGE
set -euo pipefail
image=${1:?which image}
name=keel-smoke-$$
trap 'docker rm --force --volumes "$name" >/dev/null 2>&1 || true' EXIT

docker run --detach --name "$name" --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
  --volume /data --publish 127.0.0.1::3000 \
  --env APP_URL=https://api.example.com --env SECRET_KEY="$(openssl rand -base64 48)" "$image" >/dev/null
origin=http://$(docker port "$name" 3000/tcp | head -n 1)

for _ in $(seq 100); do
  curl --silent --fail --max-time 2 "$origin/health/ready" >/dev/null && break
  sleep 0.2
done
curl --silent --show-error --fail --max-time 5 "$origin/health/live" >/dev/null || { docker logs "$name"; exit 1; }
curl --silent --show-error --fail --max-time 5 "$origin/admin/" >/dev/null
for _ in $(seq 60); do
  [ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ] && break
  sleep 0.5
done

fail() { echo "$1"; docker logs "$name"; exit 1; }
[ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ] || fail 'HEALTHCHECK does not pass'
[ "$(docker exec "$name" id -u)" != 0 ] || fail 'It runs as root'
[ -z "$(docker exec "$name" find /app -not -path '*/node_modules/*' \( -name '.git' -o -name '.env*' -o -name '*.test.ts*' \))" ] ||
  fail 'It holds history, settings or tests'
docker stop --time 30 "$name" >/dev/null
code=$(docker inspect --format '{{.State.ExitCode}}' "$name")
[ "$code" = 0 ] || fail "SIGTERM was answered with exit code $code"
echo 'The image starts read-only, answers, is healthy, and stops.'
