@main
struct Appariteur {
    static func main() { print("appariteur") }
}
