# SPDX-License-Identifier: MIT
"""`ape run stake …` in processes of its own, on a live devnet."""

import json


def test_stake__on_a_live_devnet__walks_from_registration_to_withdrawal(live_devnet, tmp_path):
    """In processes of their own and over HTTP: permits, multicalls and reads of many models."""

    def do(*arguments, account="TEST::4"):
        result = live_devnet.run(*arguments, "--account", account, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    do("stake", "register", *(f"model {i}" for i in range(6)))
    deposited = do("stake", "deposit", "0-4=20", "5=0.000000001")
    assert (deposited["approved"], len(deposited["transactions"])) == (None, 1)
    do("stake", "policy", "0-5", "--target", "5")
    do("round", "open", "--locks-at", "30m", account="TEST::1")
    assert do("stake", "enter", "--all")["total"] == "25"
    for model in range(6):
        (tmp_path / f"{model}.csv").write_text("id,prediction\na,0.25\nb,0.75\n")
    assert [new["model"] for new in do("submit", "--folder", tmp_path)["models"]] == list(range(6))
    refused = live_devnet.run("stake", "withdraw", "0=1", "1=16", "--account", "TEST::4")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Error: Model 1 has 15 NMR idle, less than that.\n"
    assert do("stake", "withdraw", "0=10", "1=all")["total"] == "25"
    shown = do("stake", "show", "--mine")["models"]
    assert [(model["idle"], model["staked"]) for model in shown] == [
        ("5", "5"),
        ("0", "5"),
        *3 * [("15", "5")],
        ("0.000000001", "0"),
    ]
    assert [model["lifetime"]["withdrawn"] for model in shown] == ["10", "15", "0", "0", "0", "0"]
