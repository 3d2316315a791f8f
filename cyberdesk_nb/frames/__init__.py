"""Records of the API as DataFrames: a declared list of columns per table, one builder."""
