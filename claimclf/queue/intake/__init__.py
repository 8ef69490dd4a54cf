"""How videos become cases: staged, matched with what is known, stored, scored anew."""
