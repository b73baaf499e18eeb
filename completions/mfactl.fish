complete --keep-order --exclusive --command mfactl --arguments "(COMPLETE=fish mfactl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
