# Built by goreleaser, which lays the binaries out by platform. The certificates
# come from a stage of their own; the time zones are inside the binary.
FROM alpine:3.22 AS base
RUN apk add --no-cache ca-certificates && mkdir -p /base/data /base/state /base/tmp && chmod 1777 /base/tmp

FROM scratch
ARG TARGETPLATFORM
COPY --from=base /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# Without a volume the user must be able to write here all the same. Large Excel
# sheets are unpacked into /tmp; without it they would be held in memory.
COPY --from=base --chown=65532:65532 /base/ /
COPY $TARGETPLATFORM/crmsync /crmsync
USER 65532:65532
# Where an interrupted run goes on: mount a volume to keep it.
ENV XDG_STATE_HOME=/state
WORKDIR /data
ENTRYPOINT ["/crmsync"]
