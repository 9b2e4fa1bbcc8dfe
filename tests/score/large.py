"""Score files of a megabyte, each large in one way of its own: what a careless reader takes minutes for."""

HEAD = b"apiVersion: score.dev/v1b1\nmetadata: {name: shop}\n"


def many(text: str, count: int, joint: str = ", ") -> bytes:
    """Text with its number (and the next one) in it, many times."""
    return joint.join(
        text.replace("#", str(n)).replace("r$", f"r{n + 1}").replace("c$", f"c{n + 1}") for n in range(count)
    ).encode()


LARGE = {
    "wrong variables": HEAD + b"containers: {web: {image: x, variables: {" + many("V#: #", 20_000) + b"}}}",
    "unknown keys": HEAD + many("key#: #", 20_000, "\n"),
    "keys twice": b"a: 1\n" * 200_000,
    "one text of placeholders": HEAD + b"containers: {web: {image: x, variables: {A: '" + b"${a}" * 240_000 + b"'}}}",
    "one text of half placeholders": b"a: '" + b"${" * 500_000 + b"'",
    "texts with placeholders": (
        HEAD + b"containers: {web: {image: x, variables: {" + many("V#: '${resources.r#.x}'", 12_000) + b"}}}\n"
        b"resources: {" + many("s#: {type: ab}", 6_000) + b"}"
    ),
    "good placeholders": HEAD
    + b"containers: {web: {image: x, variables: {A: '"
    + b"${metadata.name}" * 60_000
    + b"'}}}",
    "containers in a row": HEAD
    + b"containers: {"
    + many("c#: {image: x, before: {d#: {ready: started}}}", 5_000)
    + b"}",
    "params in a row": (
        HEAD
        + b"containers: {web: {image: x}}\nresources: {"
        + b", ".join(b"r%d: {type: ab, params: {a: '${resources.r%d.x}'}}" % (n, (n + 1) % 6000) for n in range(6000))
        + b"}"
    ),
    "one shared resource": (
        HEAD
        + b"containers: {web: {image: x}}\nresources: {"
        + many("r#: {type: ab, id: xx, params: {a: #}}", 5_000)
        + b"}"
    ),
    "files": HEAD + b"containers: {web: {image: x, files: {" + many("/f#: {source: none#}", 10_000) + b"}}}",
    "listed files": HEAD + b"containers: {web: {image: x, files: [" + many("{target: /f#, content: a}", 9_000) + b"]}}",
    "one long line": HEAD + b"containers: {web: {image: '" + b"x" * 1_000_000 + b"'}}",
    "many short lines": b"a: |\n" + b"  x\n" * 250_000,
    "newlines": b"\n" * 1_000_000,
    "folded": b"a: >\n" + b" x\n\n" * 200_000,
    "plain over lines": b"a: b\n" + b"  x\n" * 250_000,
    "quoted over lines": b'a: "' + b"x\n\n" * 300_000 + b'"',
    "a long number": b"a: " + b"9" * 1_000_000,
    "a long key": b"a" * 1_000_000 + b": 1",
    "a long id": HEAD + b"containers: {web: {image: x}}\nresources: {db: {type: ab, id: " + b"a-" * 300_000 + b"!}}",
    "a long annotation": HEAD[:-2] + b", annotations: {" + b"ab." * 340 + b"/a: b}}\ncontainers: {web: {image: x}}",
    "a long binary": HEAD + b"containers: {web: {image: x, files: {/a: {binaryContent: " + b"AAAA" * 250_000 + b"A}}}}",
    "old line breaks": "a: 'x\x85\u2028'\n".encode() * 100_000,
    "anchors": many("k#: &a# x", 90_000, "\n"),
    "merges": b"b: &b {" + many("k#: 1", 300) + b"}\nc:\n" + b"- <<: [*b, *b, *b]\n" * 40_000,
    "tags": b"a: [" + b"!x a, " * 150_000 + b"]",
    "documents": b"--- a\n" * 150_000,
    "colons": b":" * 1_000_000,
    "questions": b"? " * 500_000,
    "dashes": b"- " * 500_000,
    "brackets": b"[" * 1_000_000,
    "zeros": b"\x00" * 1_000_000,
    "loops of params": (
        HEAD
        + b"containers: {web: {image: x}}\nresources: {"
        + many("r#: {type: ab, params: {a: '${resources.r0.x}${resources.r$.x}'}}", 4_500)
        + b"}"
    ),
    "loops of containers": (
        HEAD
        + b"containers: {"
        + many("c#: {image: x, before: {c0: {ready: started}, c$: {ready: started}}}", 4_000)
        + b"}"
    ),
    "one name in all messages": (
        HEAD + b"containers: {? " + b"w" * 500_000 + b" : {image: x, files: [" + b"1, " * 45_000 + b"]}}"
    ),
    "one name in all warnings": (
        HEAD
        + b"containers: {? "
        + b"w" * 300_000
        + b" : {image: x, files: ["
        + many("{target: /#, content: [x]}", 7_000)
        + b"]}}"
    ),
    "one name in all identities": (
        b"apiVersion: score.dev/v1b1\nmetadata: {name: "
        + b"n" * 500_000
        + b"}\ncontainers: {web: {image: x}}\nresources: {"
        + many("r#: {type: ab}", 12_000)
        + b"}"
    ),
    "long names to choose from": (
        b"apiVersion: score.dev/v1b1\nmetadata: {name: shop, "
        + many("? " + "k" * 40_000 + "# : x", 20)
        + b"}\ncontainers: {web: {image: x, variables: {"
        + many("V#: '${metadata.k}'", 200)
        + b"}}}"
    ),
    "lists in many containers": (
        HEAD + b"containers: {" + many("c#: {image: x, files: [{target: /a, content: b}]}", 4_500) + b"}"
    ),
    "latin": b"a: b\n" * 200_000 + b"\xff",
}
