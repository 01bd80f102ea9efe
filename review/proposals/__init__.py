"""Correct once, propose everywhere: what one correction changed, offered on lines that look alike.

A reviewer's correction is taken apart into pieces (`pieces`), the same piece is looked for in what
was read on other lines (`matching`), and kept where the picture of it looks the same (`likeness`).
`find` does so in a worker and stores sets of proposals; `answer` is what people make of them, and
`confirmed` what the review screen shows of that. No label is ever made here.
"""
