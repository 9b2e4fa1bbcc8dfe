module platform-components/toolchain/gateway-crds

go 1.26

require sigs.k8s.io/gateway-api v1.3.0
