"""Links and pictures that never rot (the rules: guide/links.md, sixteen of them).

What is written on pages:
    tags, addresses, extract    every address of a page, with its place
    files, anchors, internal    links inside the site, in its Markdown
    scan, finished              the same in its finished HTML
    inside, targets             both as results; what leads out, and what a change adds

What is asked of others:
    schedule, guard, client     whose turn it is, what may be asked, and asking (bodies, sessions)
    answers                     what an answer means (redirects, places, webpage, notices, pictures)
    authorities, papers         who knows better than a page; arXiv
    checker, survey             one run

What becomes of it:
    verdicts, journal, archive  what is known, and remembered
    report, progress, health    how it is told
    gone, repair                what readers get instead of what is gone
    rewriting, mending          new addresses, put where the old ones stand
    images                      remote pictures brought home (figures, replacement, heads, webp)

Imports run upward in each of these and from the third to the first; `cli` and the MkDocs adapter
call `survey`, `images`, `internal` and `finished`.
"""
