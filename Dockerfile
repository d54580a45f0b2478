# Built by goreleaser, which lays the binaries out by platform. The certificates
# come from a stage of their own; the time zones are inside the binary.
FROM alpine:3.22 AS certificates
RUN apk add --no-cache ca-certificates

FROM scratch
ARG TARGETPLATFORM
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY $TARGETPLATFORM/crmsync /crmsync
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/crmsync"]
