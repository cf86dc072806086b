# One image for every role: MODE=all (default), server or worker.
# syntax=docker/dockerfile:1
FROM oven/bun:1.4.5-slim AS dependencies
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
# Without what packages want beside them: a compiler, mostly. What is needed of that is among the dependencies.
RUN bun install --frozen-lockfile --production --omit=peer --ignore-scripts

# <admin-page>
# The admin page is built from development dependencies, none of which goes further.
FROM oven/bun:1.4.5-slim AS web
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
COPY web web
RUN bun run build:web
# </admin-page>

FROM oven/bun:1.4.5-slim
ENV NODE_ENV=production TZ=UTC DATA_DIR=/data PORT=3000
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json bunfig.toml tsconfig.json ./
COPY drizzle drizzle
COPY scripts scripts
COPY src src
# <admin-page>
COPY --from=web /app/web/dist web/dist
# </admin-page>
# The volume takes its owner from here; everything else may be read-only.
RUN mkdir /data && chown bun:bun /data
USER bun
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["bun", "--no-install", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["bun", "--no-install", "src/main.ts"]
