// Guest answers every request with its machine's id and a number that is new at each boot.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	number := make([]byte, 8)
	if _, err := rand.Read(number); err != nil {
		log.Fatal(err)
	}
	boot := hex.EncodeToString(number)
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"machine":%q,"boot":%q}`, os.Getenv("FLY_MACHINE_ID"), boot)
	})
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
