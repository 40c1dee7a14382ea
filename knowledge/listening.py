"""Does a message in a channel ask something that its author needs an answer to? Pure, and fast enough for all of them.

What counts is a need: somebody is stuck, or wants to know. A question put to one colleague about what they just said
(“which version?”), a rhetorical one and small talk do not count, whatever their question mark; a need without one does.
Signs of all this are read from the words as they stand, in English and, for what is plainest, in six more languages;
`fitted_listening` weighs them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from knowledge.fitted_listening import BIAS, WEIGHTS
from knowledge.shorthand import spell_out
from knowledge.words import APOSTROPHES

LONGEST = 2000  # characters looked at; whoever writes more has asked within these
ENOUGH = 0.5  # from here on a message counts as asking, where nobody says otherwise
SHORTEST = 2  # words in which something can be asked

_BLOCK = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_CODE = re.compile(r"`[^`\n]{1,400}`")
_QUOTED = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.MULTILINE)
_LINK = re.compile(r"<?https?://[^\s<>]+>?")
_NAMED = re.compile(r"(?:^|(?<=\s))[@#][\w.\-]+:?|(?:^|(?<=\s)):[a-z0-9_+\-]{2,40}:(?=\s|$)")
_SENTENCES = re.compile(r"\n+|(?<=[.!?？؟])\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def asks(text: str) -> float:
    """How sure it is, from 0 to 1, that whoever wrote this needs an answer."""
    found = signs(text)
    if not found:
        return 0.0
    return 1 / (1 + math.exp(-BIAS - sum(WEIGHTS.get(name, 0.0) * value for name, value in found.items())))


def own_words(text: str) -> str:
    """What somebody says themselves: without code, quotations and addresses. A line each, spaces as they were."""
    text = _BLOCK.sub(" \n", text[:LONGEST])
    text = _QUOTED.sub(" ", text)
    text = _CODE.sub(" it ", text)
    return _LINK.sub(" ", text)


def signs(text: str) -> Mapping[str, float]:
    """The signs found in a message, by their names in `NAMES`; none at all where there are no words to ask with."""
    own = own_words(text)
    to_somebody = bool(re.match(r"\s*@[\w.\-]+", own))
    said = _NAMED.sub(" ", own).replace("’", "'")
    low = _WORD.sub(_in_full, said.casefold())
    words = [word.replace("’", "'") for word in _WORD.findall(low)]
    if len(words) < SHORTEST or (len(words) > 5 and len(set(words)) == 1):
        return {}
    sentences = [part.strip() for part in _SENTENCES.split(low) if part.strip()]
    asked = [one for one in sentences if one.rstrip(" )\"'”»*_!").endswith(_MARKS)]
    found: dict[str, float] = {name: 1.0 for name, pattern in _PATTERNS.items() if pattern.search(low)}
    found["length"] = min(math.log(len(words)), 5.0)
    if asked:
        found["mark"] = 1.0
        found["mark_at_end"] = float(asked[-1] is sentences[-1])
        found["only_asks"] = float(len(asked) == len(sentences))
        found["short_question"] = float(max(len(_WORD.findall(one)) for one in asked) <= 4)
        found["asks_you"] = float(any(_YOU.search(one) for one in asked))
        found["asks_for_oneself"] = float(any(_ME.search(one) for one in asked))
        found["asks_openly"] = float(any(_OPEN.search(one) for one in asked))
        found["asks_whether"] = float(any(_WHETHER.match(one) for one in asked))
        found["tag"] = float(any(_TAG.search(one) for one in asked))
    elif any(_UNMARKED.match(one) for one in sentences):
        found["unmarked"] = 1.0
        found["unmarked_alone"] = float(len(sentences) == 1)
    found["to_somebody"] = float(to_somebody)
    found["code"] = float("```" in text)
    found["link"] = float("://" in text)
    return {name: value for name, value in found.items() if value}


def _in_full(found: re.Match[str]) -> str:
    """A word as it is printed: "what's" of "whats", "you" of "u"; but "im" is German too."""
    word = found[0]
    return word if word == "im" else APOSTROPHES.get(word) or spell_out(word) or word


_MARKS: Final = ("?", "？", "؟")


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w'])(?:" + "|".join(phrases) + r")(?![\w'])")


_YOU = _any("you", "your", "yours", "u", "du", "dein\\w*", "tu", "ton", "votre", "tuyo", "usted")
_ME = _any(
    "i", "i'm", "i'd", "i've", "i'll", "my", "me", "we", "we're", "our", "us", "one", "ich", "wir", "mir",
    "mein\\w*",
           "je", "j'ai", "nous", "on", "yo", "puedo", "podemos", "mi", "eu", "posso", "ik", "wij")  # fmt: skip
_OPEN = _any(
    r"how (?:do|does|did|can|could|should|would|to|much|many|long|often|is|are|come|about)", r"how'?s",
    "what", "what's", "whats", "where", "where's", "when", "who", "who's", "whom", "which", "why",
    "wie", "was", "wo", "wann", "wer", "wem", "warum", "wieso", "welche[rsnm]?", "wohin",
    "comment", "où", "quand", "qui", "pourquoi", "quel(?:le)?s?", "combien", "qu'est-ce",
    "cómo", "qué", "dónde", "cuándo", "quién", "cuánto", "por qué", "cuál",
    "como", "onde", "quando", "quem", "quanto", "qual", "dove", "perché", "chi", "quale", "hoe", "waar",
    "wanneer", "wie",
)  # fmt: skip
_WHETHER = re.compile(
    r"(?:(?:so|and|but|also|hi|hello|hey|ok|okay|btw|um|hm+)[, ]+)*"
    r"(?:is|are|do|does|did|can|could|should|would|will|has|have|was|were|may|am|isn't|aren't|don't|doesn't|can't"
    r"|kann|können|darf|gibt|ist|sind|hat|haben|est-ce|y a-t-il|puis-je|puedo|hay|alguien|existe"
    r"|posso|há|c'è|kan|is er)\b"
)
_UNMARKED = re.compile(
    r"(?:(?:so|and|but|also|hi|hello|hey|ok|okay|btw|um|hm+|hi all|hey team)[,! ]+)*"
    r"(?:how (?:do|does|can|could|should|would|to|much|many|long|often)|what(?:'s| is| are| do"
    r"| does| should)|where(?:'s| is| are| do| can)"
    r"|who(?:'s| is| do| can| knows| should)|when(?:'s| is| do| does)|why (?:is|are|do|does|can't)"
    r"|which \w+ (?:do|should|is|are)"
    r"|(?:does|do|has|have|can|could|would|is) (?:anyone|anybody|someone|somebody)|is there"
    r"|are there|is it (?:ok|okay|possible|allowed)"
    r"|(?:can|could|may|should|do) (?:i|we)|anyone (?:know|knows|have|has)|any ideas?|wie (?:kann"
    r"|lange|viel|komme)|wo (?:ist|finde|liegt)"
    r"|weiß jemand|hat jemand|kann jemand|comment|où|cómo|dónde|alguien sabe|como|hoe|waar|weet iemand)\b"
)  # fmt: skip
_TAG = re.compile(
    r"[, ](?:right|correct|no|yes|eh|huh|ok|okay|isn't it|aren't they|oder|n'est-ce pas|verdad)\s*[?？؟]",
)
_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "anybody": _any(
        r"(?:does|do|has|have|did|is|can|could|would|will) (?:any|some)(?:one|body)(?: here| else| out there)?",
        "any ideas?", "any (?:pointers?|suggestions?|advice|hints?|tips|thoughts|help|clues?)",
        "anyone (?:know|knows|else|has|have|here)",
        "anybody (?:know|knows|else|has|have|here)",
        "(?:who|whom) (?:knows|can tell|do i (?:ask|contact)|should i ask)",
        "weiß (?:jemand|wer)", "hat (?:jemand|wer)", "kann (?:jemand|mir wer|mir jemand)", "kennt (?:jemand|wer)",
        "quelqu'un (?:sait|a|peut|pourrait|connaît)", "est-ce que quelqu'un", "alguien sabe", "alguien (?:me )?puede",
        "alguém sabe", "qualcuno sa", "weet iemand", "heeft iemand",
    ),
    "way": _any(
        r"is (?:there|it) (?:a|an|any|some|possible|okay|ok|allowed)(?: \w+){0,3} (?:way|possible"
        r"|place|tool|list|form|template|to)",
        "is it possible", "is there (?:a|an|any|some|anything|someone|somebody|anyone)",
        "(?:a|any|the best|best|right|correct|proper) way (?:to|of)",
        "how (?:do|can|could|should|would|does|did) (?:i|we|one|you|someone|somebody|it|this|that|the)", "how to",
        "what's the (?:best|right|correct|process|procedure)", "what is the (?:best|right|correct|process|procedure)",
        "where (?:do|can|could|should|would) (?:i|we|one)", "where (?:is|are) the",
        "what (?:do|should|can|must) (?:i|we)",
        "(?:can|may|could|should|do|must|am) i", "(?:can|may|could|should|must) we", "am i (?:allowed|supposed)",
        "gibt es (?:ein\\w*|irgend\\w*)",
        "wie (?:kann|mache|bekomme|komme|funktioniert|geht|geht's|kriege|lange|viel)",
        "wo (?:finde|ist|kann|bekomme)",
        "comment (?:faire|puis-je|je|on|fait-on)", "où (?:est|sont|puis-je|trouver)",
        "cómo (?:puedo|se|hago|podemos)", "dónde (?:está|puedo|encuentro)",
        "como (?:posso|faço|é que)", "come (?:posso|faccio|si)", "hoe (?:kan|moet|krijg)",
    ),
    "help": _any(
        "help me",
        "(?:need|needs|looking for|want|appreciate|like)(?: some| any| a bit of| a little)? (?:help"
        "|advice|assistance|guidance|pointers|input)",
        "please help", "help please", "can you help", "could (?:someone|you|i|we)(?: please)?", "could i please",
        "point me", "would like to know", "want to know",
        "wanted to (?:know|ask)", "want to ask", "wondering",
        "i wonder (?:if|whether|how|what|why|where|when|who)", "curious (?:if|whether|how|what|why|about)",
        "got a question", "have a question", "quick question", "question about", "my question is",
        "question(?: for| :|:)", "let me know (?:how|if|what|where|whether)",
        "hilfe", "brauche", "frage", "aide", "aidez", "ayuda", "ajuda", "aiuto", "hulp",
    ),
    "stuck": _any(
        r"(?:i|we)(?:'m| am|'re| are)? (?:stuck|lost|confused|blocked|locked out|unable"
        r"|not sure (?:how|what|why|where|if|whether|which|who))", "stuck", "confused",
        r"(?:i|we) (?:can't|cannot|cant|couldn't|could not|can not|don't|do not"
        r"|didn't)(?: \w+)? (?:get|find|figure|understand|know (?:how|what|where|why|if|who|which)"
        r"|seem|make|log|see|access|open|connect|work)",
        "no idea", "no clue", "tripped up", "having (?:trouble|problems?|issues?|difficult\\w*|a hard time)",
        "struggling", "(?:keep|keeps) (?:getting|failing|saying|crashing)",
        "komme nicht", "klappt nicht", "geht nicht", "funktioniert nicht", "weiß nicht",
        "ne fonctionne (?:pas|plus)", "ne marche (?:pas|plus)", "je n'arrive pas",
        "no funciona", "no puedo", "no sé", "não funciona", "não consigo", "non funziona", "non riesco", "werkt niet",
    ),
    "trouble": _any(
        "errors?", "issue", "problem", "fails?", "failing", "failed", "broken", "crash(?:es|ed|ing)?",
        "(?:doesn't|does not|isn't|is not|not|won't|didn't|stopped) work(?:ing)?",
        "gives? me", "getting (?:an?|the|this|these)", "i get (?:an?|the|this|these)", "fehler", "erreur", "error",
    ),
    "trying": _any(
        r"(?:i|we)(?:'m| am|'re| are|'ve been| have been)?(?: currently| also| just)? (?:trying"
        r"|attempting|looking) (?:to|for|into|at)", "i (?:tried|want|need|would like|'d like) to", "i'd like to",
        "i'm new", "new to", "versuche", "j'essaie", "intento", "estou tentando",
    ),
    "greeting": re.compile(
        r"^\s*(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening)|dear|hallo|moin|guten"
        r"|bonjour|salut|hola|olá|ciao|hoi)\b",
    ),
    "everybody": _any(
        "all", "everyone", "everybody", "folks", "team", "guys", "y'all", "experts?", "alle", "zusammen", "tous",
        "todos", "tutti", "allemaal",
    ),
    "i_first": re.compile(
        r"^\s*(?:(?:so|and|but|ok|okay|hi|hello|hey|also|well)[, !]+)*(?:i|i'm|i've|i'd|we|we're|my"
        r"|our|when i|if i|ich|wir|je|nous|yo)\b",
    ),
    "reply": re.compile(
        r"^\s*(?:yes|yeah|yep|yup|no|nope|nah|ok|okay|k|sure|thanks?|thank you|thx|ah|oh|o+h"
        r"|haha\w*|lol|right|exactly|indeed|agreed|correct|true|"
        r"cool|nice|great|awesome|perfect|got it|i see|good point|makes sense|hm+|well|sounds|done"
        r"|same|because|maybe|probably|actually|"
        r"ja|nein|danke|oui|non|merci|sí|gracias|sim|não|obrigad\w+|grazie|bedankt)\b"
    ),
    "thanks_only": re.compile(
        r"^\W*(?:thanks?|thank you|thx|ty|cheers|danke|merci|gracias|grazie|bedankt|obrigad\w+)\b[^?]*$",
    ),
    "advice": _any(
        "you (?:can|could|should|need|have to|might|may|want|will|must|'ll)", "you'll", "try",
        "maybe (?:try|you|we|it)", "i(?:'d| would) (?:suggest|recommend|try|say|guess)", "i think", "i guess",
        "i believe",
        "just (?:use|do|add|set|run|go|click|press)", "make sure", "let's", "we (?:should|could|need)",
        "it's (?:in|on|at|because|the|a|under)", "the answer", "probably", "du (?:kannst|musst|solltest)",
        "tu peux", "puedes",
    ),
    "announces": _any(
        "here(?:'s| is| are)", "fyi", "announc\\w+", "reminder", "update", "released?", "merged", "fixed",
        "deployed", "landed", "join (?:us|the)", "please (?:find|note|welcome|join|remember)",
        "we(?:'ve| have) (?:now|just)", "i(?:'ve| have) just", "i just",
        "congrat\\w+", "happy to", "proud to", "agenda",
    ),
    "rhetorical": _any(
        "who (?:cares|knew|doesn't|would have thought)", "why not", "how about", "what about", "what if",
        "shall we", "isn't (?:it|that|this)",
        "how (?:cool|nice|great|awesome|funny|are you|was your|is everyone|are we)", "what(?:'s| is) up",
        "what a", "lunch", "coffee",
        "who wants", "who's (?:up|in|coming)", "anyone (?:up|want|wants|for|fancy)", "you know what", "see you",
        "ready", "how's it going", "guess (?:what|who)", "remember when", "right",
    ),
    "asks_back": _any(
        "(?:do|did|have|are|were|can|could|would|will) you",
        "what (?:do you|did you|are you|version|exactly|kind|does it say|happens when)",
        "which (?:one|version|of)", "where (?:did|do|are) you", "why (?:do|would|did|are) you",
        "how (?:did|do|are) you", "you mean", "what do you think",
        "does (?:that|this|it) (?:help|work|make sense)", "is (?:that|this) (?:what|the|a|better|ok|okay|it)",
        "(?:have|did) you tr(?:y|ied)", "hast du", "hast du schon", "kannst du", "as-tu", "avez-vous",
        "has probado",
    ),
    "thanks_ahead": _any(
        "thanks in advance", "thank you in advance", "thx in advance", "many thanks", "appreciated", "appreciate",
        "danke im voraus", "danke schon mal", "merci d'avance", "gracias de antemano", "vielen dank",
    ),
    "cause": _any("because", "since", "so that", "which means", "therefore", "weil", "parce que", "porque"),
    "alternatives": _any(r"or (?:do|does|is|are|should|can|just|would|not)", "or is it", "whether"),
    "and_context": re.compile(r"[.!\n:;].*\?|\?.*[.!\n]", re.DOTALL),
}  # fmt: skip

NAMES: Final = (
    *_PATTERNS,
    "length", "mark", "mark_at_end", "only_asks", "short_question", "asks_you", "asks_for_oneself", "asks_openly",
    "asks_whether", "tag", "unmarked", "unmarked_alone", "to_somebody", "code", "link",
)  # fmt: skip
"""Every sign there is."""
