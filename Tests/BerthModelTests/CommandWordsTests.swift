import BerthModel
import Testing

@Suite("A command line is cut into words as a shell would")
struct CommandWordsTests {
    @Test(
        "by blanks outside of quotes",
        arguments: [
            ("/bin/sh", ["/bin/sh"]),
            ("  ls\t-l \n /tmp ", ["ls", "-l", "/tmp"]),
            ("sh -c 'echo a  b'", ["sh", "-c", "echo a  b"]),
            (#"sh -c "echo \"$HOME\" \n""#, ["sh", "-c", #"echo "$HOME" \n"#]),
            (#"a\ b 'c'"d"e"#, ["a b", "cde"]),
            (#"echo '' """#, ["echo", "", ""]),
            ("one\\\ntwo", ["onetwo"]),
            ("echo '\\' \"\\\\\"", ["echo", "\\", "\\"]),
            ("echo $HOME * | cat", ["echo", "$HOME", "*", "|", "cat"]),
            ("écrire 'naïve'", ["écrire", "naïve"]),
        ])
    func words(line: String, words: [String]) throws {
        #expect(try CommandWords.split(line) == words)
    }

    @Test(
        "and refused when a quote does not end, or nothing is there",
        arguments: [
            ("", "cannot be empty"), ("  ", "cannot be empty"), ("a 'b", "single quote"), ("a \"b", "double quote"),
            ("a \"b\\", "double quote"), ("a\\", "backslash"),
        ])
    func faults(line: String, text: String) {
        let error = #expect(throws: ServiceError.self) { try CommandWords.split(line) }
        #expect(error?.code == "InvalidParameterException")
        #expect(error?.message.contains(text) == true)
    }
}
