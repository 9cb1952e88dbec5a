"""The first page: the question of the workbook, and the ways into it."""
