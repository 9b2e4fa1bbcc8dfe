"""Asks every store that an environment can have as pods; runs in a container of theirs."""

import json
import os
import socket
import struct

import boto3
import psycopg2
from botocore.config import Config


def of(name):
    return os.environ[name].split()


def asked(host, port, *said):
    with socket.create_connection((host, int(port)), 10) as connection:
        answers = []
        for words in said:
            connection.sendall(words)
            answers.append(connection.recv(4096))
        return answers


host, port, user, password, name = of("POSTGRES")
with psycopg2.connect(host=host, port=port, user=user, password=password, dbname=name) as connection:
    cursor = connection.cursor()
    cursor.execute("SELECT current_user")
    found = {"postgres": cursor.fetchone()[0]}
host, port, password = of("REDIS")
found["redis"] = asked(host, port, f"AUTH {password}\r\nPING\r\n".encode())[0].decode().split()
host, port, user, password = of("AMQP")
plain = f"\0{user}\0{password}".encode()
start = struct.pack("!HHI", 10, 11, 0) + b"\x05PLAIN" + struct.pack("!I", len(plain)) + plain + b"\x05en_US"
frame = b"\x01\0\0" + struct.pack("!I", len(start)) + start + b"\xce"
found["amqp"] = list(struct.unpack("!HH", asked(host, port, b"AMQP\0\0\x09\x01", frame)[1][7:11]))
host, port, *_ = of("MYSQL")
found["mysql"] = "MariaDB" in asked(host, port, b"")[0].decode(errors="replace")
endpoint, bucket, key, secret = of("S3")
client = boto3.client(
    "s3",
    endpoint_url=endpoint,
    aws_access_key_id=key,
    aws_secret_access_key=secret,
    region_name="us-east-1",
    config=Config(s3={"addressing_style": "path"}),
)
client.put_object(Bucket=bucket, Key="a", Body=b"1")
found["s3"] = client.get_object(Bucket=bucket, Key="a")["Body"].read().decode()
print(json.dumps(found))
