"""`bin/mutants` still finds the safeguards that it takes out, and the tests that have to notice."""

import re
import sys

import pytest

from tests.running import ROOT

sys.path.insert(0, str(ROOT / "bin"))
from mutations import MUTATIONS, SourceHasMoved


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.name)
def test_the_safeguard_and_its_tests_are_where_the_mutation_looks(mutation):
    assert (ROOT / mutation.file).read_text().count(mutation.before) == 1
    for test in mutation.tests:
        file, _, name = test.partition("::")
        found = re.findall(r"^def (test_\w+)", (ROOT / file).read_text(), re.MULTILINE)
        assert not name or name in found


def test_a_mutation_whose_source_has_moved_says_so(tmp_path):
    mutation = MUTATIONS[0]
    file = tmp_path / mutation.file
    file.parent.mkdir(parents=True)
    file.write_text(mutation.before + mutation.before)

    with pytest.raises(SourceHasMoved, match=mutation.name):
        mutation.apply(tmp_path)
