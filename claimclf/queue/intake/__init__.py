"""How videos become cases: staged, matched with known statements, stored, rescored."""
