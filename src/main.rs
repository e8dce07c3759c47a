//! The program: arguments to an exit code.

fn main() -> std::process::ExitCode {
    caseward::cli::main(std::env::args_os()).into()
}
