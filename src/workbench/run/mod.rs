//! `run`: lines go through a function as Kapacitor would send them.
