//! `timeline`: who was open when, as a picture.
