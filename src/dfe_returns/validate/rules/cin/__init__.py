"""Rules of the children in need census, grouped by subject. Source: DfE, CIN census validation rules of each year."""
