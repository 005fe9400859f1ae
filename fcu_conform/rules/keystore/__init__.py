"""KEY, CSR, CRT, CHN: the rules of a keystore, and of several FCU instances."""
