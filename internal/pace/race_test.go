//go:build race

package pace

func init() { raced = true }
