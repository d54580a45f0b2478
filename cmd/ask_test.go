package cmd

import (
	"bufio"
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/crmsync/crmsync/internal/push"
)

// askedBy asks as a push of its own does, and gives where the answer comes.
func askedBy(ctx context.Context, a *app) <-chan bool {
	answer := make(chan bool, 1)
	go func() { answer <- a.asker(nil)(ctx, push.Question{Rejected: 50, Reason: "no"}) }()
	return answer
}

func TestAQuestionThatEndedByItselfTakesNoAnswerFromTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typed, terminal := io.Pipe()
		defer terminal.Close()
		a := &app{console: &console{out: io.Discard}, answers: answers{from: bufio.NewReader(typed)}}
		for range 3 {
			ctx, end := context.WithCancel(t.Context())
			answer := askedBy(ctx, a)
			synctest.Wait()
			end()
			if <-answer {
				t.Fatal("a question that nobody answered was answered with yes")
			}
		}
		next := askedBy(t.Context(), a)
		synctest.Wait()
		io.WriteString(terminal, "yes\n")
		if !<-next {
			t.Error("the answer was not that to the question")
		}
	})
}

func TestAnAnswerThatComesTooLateIsNotThatToTheNextQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typed, terminal := io.Pipe()
		defer terminal.Close()
		a := &app{console: &console{out: io.Discard}, answers: answers{from: bufio.NewReader(typed)}}
		ctx, end := context.WithCancel(t.Context())
		first := askedBy(ctx, a)
		synctest.Wait()
		end()
		<-first
		io.WriteString(terminal, "yes\n")
		synctest.Wait()
		next := askedBy(t.Context(), a)
		synctest.Wait()
		select {
		case answer := <-next:
			t.Fatalf("it was answered before anybody could: %v", answer)
		default:
		}
		io.WriteString(terminal, "no\n")
		if <-next {
			t.Error("the answer was not that to the question")
		}
	})
}
