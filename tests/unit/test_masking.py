"""Numbers that nobody at the desk needs."""

import pytest

from bot.rules.masking import mask

IBAN_PL, IBAN_DE, IBAN_GB = "PL61109010140000071219812874", "DE89370400440532013000", "GB82WEST12345698765432"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        # cards, as people type and paste them
        ("4242424242424242", "[card …4242]"),
        ("4242 4242 4242 4242", "[card …4242]"),
        ("4242-4242-4242-4242", "[card …4242]"),
        ("4242.4242.4242.4242", "[card …4242]"),
        ("4242–4242–4242–4242", "[card …4242]"),
        ("4242\u00a04242\u00a04242\u00a04242", "[card …4242]"),
        ("4242  4242  4242  4242", "[card …4242]"),
        ("3782 822463 10005", "[card …0005]"),
        ("moja karta 5555 5555 5555 4444 zginęła", "moja karta [card …4444] zginęła"),
        ("karta4242424242424242", "karta[card …4242]"),
        ("card:4242424242424242,exp", "card:[card …4242],exp"),
        ("_4242424242424242_", "_[card …4242]_"),
        # what people write right behind it or before it
        ("4242 4242 4242 4242 12/27 123", "[card …4242] 12/27 123"),
        ("4242 4242 4242 4242 601 234 567", "[card …4242] 601 234 567"),
        ("+48601234567 4242424242424242", "+48601234567 [card …4242]"),
        ("+48 601 234 567 4242 4242 4242 4242", "+48 601 234 567 [card …4242]"),
        ("4242 4242 4242 4242 5555 5555 5555 4444", "[card …4242] [card …4444]"),
        ("44051401359 4242424242424242", "[PESEL …1359] [card …4242]"),
        ("2346 4242 4242 4242 4242", "2346 [card …4242]"),
        ("6304 0000 0000 0000 00", "[card …0000] 00"),
        # accounts
        (IBAN_PL, "[account …2874]"),
        (IBAN_PL.lower(), "[account …2874]"),
        ("PL61 1090 1014 0000 0712 1981 2874", "[account …2874]"),
        ("PL 61 1090 1014 0000 0712 1981 2874", "[account …2874]"),
        ("PL61\u00a01090\u00a01014\u00a00000\u00a00712\u00a01981\u00a02874", "[account …2874]"),
        ("61 1090 1014 0000 0712 1981 2874", "[account …2874]"),
        ("61109010140000071219812874", "[account …2874]"),
        ("GB82 WEST 1234 5698 7654 32", "[account …5432]"),
        ("to DE89 3704 0044 0532 0130 00 please check", "to [account …3000] please check"),
        (f"{IBAN_DE} {IBAN_PL}", "[account …3000] [account …2874]"),
        ("DE89 3704 0044 0532 0130 00 PL61 1090 1014 0000 0712 1981 2874", "[account …3000] [account …2874]"),
        ("ok12 DE89 3704 0044 0532 0130 00", "ok12 [account …3000]"),
        (f"конто {IBAN_GB}, спасибо", "конто [account …5432], спасибо"),
        # people
        ("PESEL 44051401359", "PESEL [PESEL …1359]"),
        ("44051401359,", "[PESEL …1359],"),
        ("ИНН 7707083893", "ИНН […3893]"),
        ("инн: 500100732259", "инн: […2259]"),
    ],
)
def test_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Zgubiłem kartę, co robić?",
        "4242 4242 4242 4243",  # no card: the check digit is wrong
        "12345678901234567890",
        "PL61 1090 1014 0000 0712 1981 2875",
        "44051401358",
        "ИНН 7707083894",
        "7707083893",  # ten digits without the word may be anything
        # a callback needs phones
        "+48 601 234 567",
        "+48601234567",
        "8 (495) 123-45-67, +7 921 765-43-21",
        "zadzwońcie 601234567 albo +48221234567",
        "601 234 567 i 602 345 678",
        # amounts, dates, references
        "przelew 1 250 000,00 zł z 04.03.2026 o 15:30",
        "R-2026-7KQ4MX",
        "2026-03-04 2026-03-05 2026-03-07",
    ],
)
def test_left_as_it_is(text: str) -> None:
    assert mask(text) == text


@pytest.mark.timeout(20)  # seconds if the effort grows with the square of the length; otherwise hardly any
@pytest.mark.parametrize("filling", ["1", "1 ", "12 ", "PL61 ", "pl61", "4242 ", "a1", "+1", "1-", "DE89 3704 0044 "])
def test_nobody_ties_up_the_inbox_with_a_text_of_digits(filling: str) -> None:
    assert len(mask(filling * (100_000 // len(filling)))) <= 100_000
