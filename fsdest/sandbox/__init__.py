"""A FullStory of our own, for the demo, the tests and the benchmarks.

It answers as FullStory's Server API documents, remembers what was written in a ledger, and plays
faults on demand. It stands alone: it imports nothing of the product. Start reading at
`application.py`; `README.md` is for those who write clients against it.
"""
