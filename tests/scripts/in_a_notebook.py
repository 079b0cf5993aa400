"""A notebook: the last line of a cell is a table."""

import nbclient
import nbformat

cells = [
    "import dcgan_eval as de",
    "results = de.evaluate([de.Pixels()], train='digits', test='digits', "
    "protocol='full_labels', train_size=100, grid=[0.01], progress=False)\nresults",
    "results.frame()[['representation', 'value']]",
]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
nbclient.NotebookClient(notebook, timeout=120).execute()
shown = [cell.outputs[0].data for cell in notebook.cells[1:]]
assert "<table" in shown[0]["text/html"] and "raw pixels" in shown[0]["text/html"]
assert shown[0]["text/plain"].startswith("<Results: 1 record in ")
assert "raw pixels" in shown[1]["text/html"]
