"""Images that were made to do harm: the 36 cases of Docs/security.md, each in variants, and what must become of them."""

from . import documents, execution, links, names, nodes, sizes, streams

VARIANTS = sorted(
    (variant for module in (names, links, nodes, sizes, streams, documents, execution) for variant in module.table.variants),
    key=lambda variant: variant.number)
