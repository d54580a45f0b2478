package cmd

// onSuspend does nothing: there is no Ctrl-Z that stops a process.
func onSuspend(_, _ func()) (end func()) { return func() {} }
