"""When what ends: gathered for several lines, and written as a page, a calendar or JSON."""
