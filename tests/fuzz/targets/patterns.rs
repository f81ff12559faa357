//! The fuzz target `patterns`; without an engine it reads the files that it is given, such as one that a run has found.
#![cfg_attr(fuzzing, no_main)]
#![cfg_attr(fuzzing, allow(unsafe_code, reason = "the engine calls a function by its name"))]

medinsight_fuzz::target!(medinsight_fuzz::patterns::check);
