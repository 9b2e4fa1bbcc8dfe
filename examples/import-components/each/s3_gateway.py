import pulumi

from platform_components import Namespace, S3Gateway

namespace = Namespace("shop", {"namespace_name": "import-s3"})
gateway = S3Gateway(
    "files",
    {
        "namespace": namespace.name,
        "gateway_name": "files",
        "image": "versity/versitygw:v1.0.18",
        "account_name": "shopfiles4f1c",
        "blob_endpoint": "https://shopfiles4f1c.blob.core.windows.net/",
        "bucket": "files",
        "client_id": "11111111-1111-1111-1111-111111111111",
    },
    pulumi.ResourceOptions(deleted_with=namespace.namespace),
)
pulumi.export("endpoint", gateway.endpoint)
