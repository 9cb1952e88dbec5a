"""The user study: what is asked (questions), where answers are kept (store), the taker's and the teacher's pages."""
