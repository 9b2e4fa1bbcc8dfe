module platform-components/toolchain/language-python/scripts

go 1.26.6

require github.com/pulumi/pulumi/sdk/v3 v3.272.0
