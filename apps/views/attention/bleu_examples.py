"""Candidates and references to judge, and what each of them shows."""

EXAMPLES = {
    "the the the": (
        "the the the the the the the",
        "The cat is on the mat.\nThere is a cat on the mat.",
        "Papineni et al.'s own: every word is in a reference, and 7 of 7 would be found. **Clipped**, at most the two "
        "that one reference has.",
    ),
    "a good one": (
        "It is a guide to action which ensures that the military always obeys the commands of the party.",
        "It is a guide to action that ensures that the military will forever heed Party commands.\n"
        "It is the guiding principle which guarantees the military forces always being under the command of the "
        "Party.\nIt is the practical guide for the army always to heed the directions of the party.",
        "The paper's candidate 1, with its three references.",
    ),
    "a bad one": (
        "It is to insure the troops forever hearing the activity guidebook that party direct.",
        "It is a guide to action that ensures that the military will forever heed Party commands.\n"
        "It is the guiding principle which guarantees the military forces always being under the command of the "
        "Party.\nIt is the practical guide for the army always to heed the directions of the party.",
        "The paper's candidate 2: words are found, hardly any phrases. Orders without a match are smoothed.",
    ),
    "too short": (
        "A man is riding",
        "A man is riding a brown horse on the beach.",
        "Every n-gram is found. What is missing costs by the **brevity penalty** alone.",
    ),
    "shuffled": (
        "mat the on sat cat the",
        "the cat sat on the mat",
        "All words and none of their order.",
    ),
    "said otherwise": (
        "A fellow rides on horseback along the shore.",
        "A man is riding a brown horse on the beach.",
        "A fair translation in other words: BLEU knows wording and not meaning. Hence several references, and whole "
        "corpora.",
    ),
}
FIRST = "the the the"
