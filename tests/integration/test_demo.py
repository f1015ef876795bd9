"""`ape run demo`, as a user types it, on the embedded chain."""


def test_demo__short_season__every_check_holds_and_every_model_has_a_row(run):
    result = run("demo", "--rounds", "6", "--models", "5", "--seed", "3")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert sum(line.startswith("holds ") for line in lines) == 7
    assert not any(line.startswith("FAILS") for line in lines)
    assert "holds 6 of 6 rounds are closed" in lines
    assert "holds 5 of 5 models took home deposit + rewards - burns, to the gwei" in lines
    for model in ("ridge", "ridge-recent", "boosted", "forest", "neighbours"):
        assert sum(f" {model} " in line for line in lines) == 1


def test_demo__more_weeks_than_the_data_has__one_sentence(run):
    result = run("demo", "--rounds", "2", "--first-era", "250")
    assert result.exit_code == 2
    assert "The data ends with week 250: 2 rounds from week 250 go beyond." in result.stderr


def test_demo__too_many_models__one_sentence(run):
    result = run("demo", "--models", "13")
    assert result.exit_code == 2
    assert "13 is not in the range 1<=x<=12" in result.stderr
