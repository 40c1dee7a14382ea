"""What people in a hurry write in place of words: "pw", "tmrw", "go 2 work w/ a cold"."""

from __future__ import annotations

import re

from knowledge.english import is_english, together

# What people in a hurry leave out of words at work, as far as one reading stands out.
_SHORTHAND = {
    "abt": "about",
    "acct": "account",
    "acnt": "account",
    "addr": "address",
    "amt": "amount",
    "appt": "appointment",
    "bc": "because",
    "bcuz": "because",
    "bday": "birthday",
    "creds": "credentials",
    "cust": "customer",
    "cuz": "because",
    "dept": "department",
    "eod": "end of day",
    "hols": "holidays",
    "hrs": "hours",
    "intl": "international",
    "lappy": "laptop",
    "mgmt": "management",
    "mgr": "manager",
    "mgt": "management",
    "msg": "message",
    "mth": "month",
    "mths": "months",
    "mtg": "meeting",
    "ofc": "office",
    "ooo": "out of office",
    "passwd": "password",
    "pls": "please",
    "plz": "please",
    "pmt": "payment",
    "ppl": "people",
    "proj": "project",
    "pswd": "password",
    "pto": "paid time off",
    "pw": "password",
    "pwd": "password",
    "pymt": "payment",
    "qty": "quantity",
    "r": "are",
    "rcpt": "receipt",
    "recpt": "receipt",
    "rtn": "return",
    "sched": "schedule",
    "shud": "should",
    "signin": "sign in",
    "signup": "sign up",
    "sso": "single sign on",
    "svc": "service",
    "tdy": "today",
    "tho": "though",
    "thru": "through",
    "thx": "thanks",
    "tix": "tickets",
    "tkt": "ticket",
    "tkts": "tickets",
    "tmr": "tomorrow",
    "tmrw": "tomorrow",
    "trng": "training",
    "txn": "transaction",
    "txt": "text",
    "u": "you",
    "ur": "your",
    "usr": "user",
    "wat": "what",
    "wfh": "work from home",
    "wk": "week",
    "wknd": "weekend",
    "wud": "would",
    "xfer": "transfer",
    "yr": "year",
    "yrs": "years",
}

_SHORTEST_SEVERAL = 4  # letters of what may be more than one
_DIGITS = {"2": "to", "4": "for"}
_DIGIT = re.compile(r"(?<!\S)([^\W\d_]+) ([24]) (?=([^\W\d_]+))")
_WITH = re.compile(r"\bw/(o\b)?\s*")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Behind these a digit is a number …
_NUMBERED = _listed(
    """
    a an the my our your his her their this that these those any all both only just about around of than up over under
    least most every next last first other another in on at by from to for with within and or between option answer
    room office floor building gate door desk site block wing unit level step phase stage type tier class grade group
    team version release form section chapter part page number no line zone shift day week month year quarter question
    rule item task point category schedule appendix table figure row column model generation windows python
    error code
    """
)
# … and so it is before these.
_COUNTED = _listed(
    """
    factor fa step way part page person people day week month year hour minute second time digit character letter
    euro dollar percent million thousand hundred gb mb tb kg km cm mm am pm x by of or and in to more different other
    new
    """
)


def spell_out(word: str) -> str | None:
    """What a word of chat stands for, "u" for "you", "pw" for "password"."""
    return _SHORTHAND.get(word)


def in_full(text: str) -> str:
    """A plain question with the signs that stand for words in chat written as words: "go 2 work w/ a cold".

    A digit is one where the words beside it do not make it a number, and are usual beside that word.
    """
    return _DIGIT.sub(_word_for_digit, _WITH.sub(lambda found: "without " if found[1] else "with ", text))


def _word_for_digit(found: re.Match[str]) -> str:
    before, digit, after = found.groups()
    word = _DIGITS[digit]
    several = len(after) >= _SHORTEST_SEVERAL and after[-1] == "s" != after[-2] and is_english(after[:-1])
    number = before in _NUMBERED or after in _COUNTED or (several and after != "this")
    if number or not (together(before, word) or together(word, after)):
        return found[0]
    return f"{before} {word} "
