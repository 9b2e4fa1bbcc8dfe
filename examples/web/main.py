"""Answers with a row that it has written to its database and an object that it has put into its bucket."""

import http.server
import os

import boto3
import psycopg2
from botocore.config import Config

BUCKET, KEY = os.environ["S3_BUCKET"], "visits/last.txt"
storage = boto3.client(
    "s3",
    endpoint_url=os.environ["S3_ENDPOINT"],
    config=Config(s3={"addressing_style": "path"}),
)


def visits() -> int:
    """Write one more visit, and count them all."""
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz DEFAULT now())")
        cursor.execute("INSERT INTO visit DEFAULT VALUES")
        cursor.execute("SELECT count(*) FROM visit")
        return int(cursor.fetchone()[0])


def stored(text: str) -> str:
    """What the bucket holds after it was told."""
    storage.put_object(Bucket=BUCKET, Key=KEY, Body=text.encode())
    return storage.get_object(Bucket=BUCKET, Key=KEY)["Body"].read().decode()


class Handler(http.server.BaseHTTPRequestHandler):
    """`/` counts visits; `/ready` answers without anybody else, for the probes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        text = "ready" if self.path == "/ready" else stored(f"{os.environ['GREETING']}, visit {visits()}")
        body = f"{text}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


print("serving on 8080", flush=True)
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
