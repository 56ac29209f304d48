# What it is built on and runs on. Another registry or a digest: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Without what is optional: the schema library would bring the compiler along as a peer.
# The secret is optional: an .npmrc for a registry of one's own. It is there while this command runs, in no layer.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM dependencies AS build
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json LICENSE ./
COPY .esbuild .esbuild
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS image
# The service installs nothing and changes no user; whoever breaks into it should not be able to either.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /opt/yarn-* /usr/local/bin/yarn /usr/local/bin/yarnpkg \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="qlik-token-broker" \
      org.opencontainers.image.description="Hands each signed-in portal user a Qlik Cloud impersonation token" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    SHUTDOWN_DELAY=5s
# By number, so that `runAsNonRoot` can tell; above the users of common hosts.
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["node", "dist/health-check.js"]
# Exec form: node is process 1 and gets the signals; none of them opens its debugger, from the first moment on.
ENTRYPOINT ["node", "--disable-sigusr1", "dist/cli/main.js"]
CMD ["serve"]
