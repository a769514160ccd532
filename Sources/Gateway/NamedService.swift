package import ServiceLifecycle

extension ServiceGroupConfiguration.ServiceConfiguration {
    /// By its type's name. The other initializers describe the value for the log, with all that it holds: templates, passwords, keys.
    package init(named service: any Service) { self.init(service: service, serviceName: "\(type(of: service))") }
}
