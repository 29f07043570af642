# An Aegis relay that also serves the app: docker build -t aegis-relay .
FROM node:24-bookworm-slim AS app
WORKDIR /aegis
COPY . .
RUN npm ci --include=dev && npm run build

FROM node:24-bookworm-slim AS libraries
WORKDIR /aegis
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
WORKDIR /aegis
COPY package.json ./
COPY --from=libraries /aegis/node_modules node_modules
COPY relay-server relay-server
COPY src/lib src/lib
COPY --from=app /aegis/dist dist
RUN install -d -o node -g node -m 0700 /data \
	&& ln -s /aegis/relay-server/main.ts /usr/local/bin/aegis-relay
USER node
VOLUME /data
ENV AEGIS_DATA=/data AEGIS_SERVE=/aegis/dist AEGIS_LOG=json
EXPOSE 8080/tcp 8080/udp
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s \
	CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["aegis-relay"]
