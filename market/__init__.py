"""A simulated rental market: advertisers with a declared amount of bias, answering real mail and real web forms.

It runs as its own process (``python -m market``), speaks only SMTP and HTTP, and knows nothing of studies, rounds or
test profiles: it reads a name under a letter, decides, and answers.
"""
