"""Right answers to the exercises of the notebooks, apart from them: one module per notebook."""
