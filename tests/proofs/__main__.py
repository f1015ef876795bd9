"""`python -m tests.proofs`: prove all claims, show that each mistake is found, and print the table."""

import sys
from time import perf_counter

from tests.proofs.claims import Claim
from tests.proofs.lane_claims import CLAIMS
from tests.proofs.solving import Refuted, Undecided

for claim in CLAIMS:
    t=perf_counter()
    try:
        claim.check(None)
        r="proved"
    except (Refuted, Undecided) as e:
        r=repr(e)
    print(claim.where, r, round(perf_counter()-t,2))
    for c in claim.controls:
        t=perf_counter()
        try:
            claim.check(c); r='NOT REFUTED'
        except Refuted as e: r='refuted '+str(e)[:80]
        except Undecided as e: r='undecided'
        print('   ', c.new, r, round(perf_counter()-t,2))
